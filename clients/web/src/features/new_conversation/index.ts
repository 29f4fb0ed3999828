export { NewConversation } from './new_conversation';
