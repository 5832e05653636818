/** Columns side by side, text to the left and numbers to the right, with their names above; ends in a line end. */
export function formatTable(
  names: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const widths = names.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const isNumeric = names.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] === true ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [names, ...rows].map((cells) => `${line(cells)}\n`).join('');
}
