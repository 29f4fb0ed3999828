export { ConversationView } from './conversation_view';
export { ImageView } from './image_view';
export { Recall } from './recall';
