/** Records of a CSV file (RFC 4180): quoted fields may hold commas, quotes (doubled) and line breaks. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  // A field and what ends it: a comma, a line break, or the end of the text.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy;
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    const [, quoted, bare = '', end] = match;
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end !== ',') {
      if (record.length > 1 || record[0] !== '') records.push(record);
      record = [];
    }
    if (field.lastIndex >= text.length) break;
  }
  return records;
}
