/** `(3) WHATSPER`; with `more`, there are more than those that were counted: `(50+) WHATSPER`. */
export function documentTitle(waiting: number, more: boolean): string {
  return waiting === 0 ? 'WHATSPER' : `(${waiting}${more ? '+' : ''}) WHATSPER`;
}
