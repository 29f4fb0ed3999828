export { ConversationList } from './conversation_list';
