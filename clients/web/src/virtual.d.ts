declare module 'virtual:emoji/en' {
  /** One text per group: entries separated by "|", each the emoji and the words it is found by. */
  const groups: readonly string[];
  export default groups;
}
declare module 'virtual:emoji/zh' {
  const groups: readonly string[];
  export default groups;
}
