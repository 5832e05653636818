declare module 'nsyslog-parser' {
  /** What the benchmark uses of nsyslog-parser 0.10.1, which brings no types. */
  export default function parse(line: string): { readonly levelval?: number };
}
