export { EmojiPicker, type EmojiPickerProps } from './emoji_picker';
export { loadEmoji, searchEmoji, type Emoji } from './data';
export { noteRecent } from './recent';
