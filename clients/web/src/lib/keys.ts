/** What the keys are called on this machine's keyboard. */
const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
export const commandKey = mac ? '⌘' : 'Ctrl';
export const optionKey = mac ? '⌥' : 'Alt';
