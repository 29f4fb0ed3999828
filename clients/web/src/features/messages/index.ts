export { ConversationView } from './conversation_view';
export { ImageView } from './image_view';
export { Recall } from './recall';
export { MessageInfo } from './message_info';
