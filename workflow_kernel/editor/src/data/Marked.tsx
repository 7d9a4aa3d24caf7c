/** A text with what is searched for marked in it. */
export function Marked({ text, search }: { readonly text: string; readonly search: string }) {
  if (search === "") return text;
  const found = text.toLowerCase().indexOf(search.toLowerCase());
  if (found < 0) return text;
  const end = found + search.length;
  return (
    <>
      {text.slice(0, found)}
      <mark>{text.slice(found, end)}</mark>
      <Marked text={text.slice(end)} search={search} />
    </>
  );
}
