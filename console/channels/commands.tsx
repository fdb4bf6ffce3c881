/** Addresses and commands run from left to right, also in a right-to-left sentence. */
const FOREIGN = /(whatsper [^,;]*?(?=\.?$)|https?:\/\/[^\s,]+[^\s,.])/g;

export function WithCommands({ text }: { text: string }) {
  return text.split(FOREIGN).map((piece, index) =>
    index % 2 === 0 ? (
      piece
    ) : (
      <code
        key={index}
        dir="ltr"
        className="rounded bg-raised px-1.5 py-0.5 text-[0.8125rem] break-all text-ink"
      >
        {piece}
      </code>
    ),
  );
}
