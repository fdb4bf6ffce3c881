type Dashed<Right extends string> = Right extends `${infer Thing}:${infer Act}` ? `${Thing}-${Act}` : never;

/** The last part of a text's key for a right: i18next would take its colon for the end of a namespace. */
export function rightWord<Right extends string>(right: Right): Dashed<Right> {
  return right.replace(':', '-') as Dashed<Right>;
}
