import type { ComponentChildren } from 'preact';

/** A table whose rows begin with their name; wider than its place it is scrolled, by keyboard too. */
export function FactTable({
  names,
  rows,
  wrap = false,
}: {
  readonly names: readonly string[];
  /** Whether its cells hold sentences. */
  readonly wrap?: boolean;
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
}) {
  return (
    <div class="fact-table" data-wrap={wrap} tabIndex={0} role="group" aria-label={names.join(', ')}>
      <table>
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {rest.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
