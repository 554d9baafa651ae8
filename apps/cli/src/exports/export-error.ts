/** A file that cannot be read as an export. The message is for people and holds nothing of the file's values. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
