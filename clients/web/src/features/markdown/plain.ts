/** Most messages are plain sentences. They are recognised here, and never reach the parser. Pure. */

const marks = /[*_~`[\]<\\&|#>@:]|www\.|^\s*(?:[-+=]|\d{1,9}[.)])\s|^ {4}|^\t|  \n/m;

export function isPlain(text: string): boolean {
  return !marks.test(text);
}
