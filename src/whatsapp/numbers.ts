/**
 * Numbers that one person may be known by in two forms: Brazil added a 9 to mobile numbers, Argentina has a 9 and
 * Mexico a 1 after the country code that come and go. These serve to look somebody up only: what is stored and
 * written to is the number as WhatsApp gave it. Landlines are never rewritten.
 */

/** 55, area, perhaps the 9, then 8 digits; those of mobiles begin with 6 to 9. */
const BRAZIL = /^(55\d{2})(9?)([6-9]\d{7})$/;
const ARGENTINA_MOBILE = /^549(\d{10})$/;
const MEXICO = /^52(1?)(\d{10})$/;

/** The forms under which the owner of this number may be known, the preferred first; digits with country code. */
export function numberVariants(phone: string): string[] {
  const brazil = BRAZIL.exec(phone);
  if (brazil) return [`${brazil[1]}9${brazil[3]}`, `${brazil[1]}${brazil[3]}`];
  const mobile = ARGENTINA_MOBILE.exec(phone)?.[1];
  // Not the other way round: without the 9 it may be a landline.
  if (mobile !== undefined) return [phone, `54${mobile}`];
  const mexico = MEXICO.exec(phone);
  if (mexico) return [phone, mexico[1] === '1' ? `52${mexico[2]}` : `521${mexico[2]}`];
  return [phone];
}

/** True for two forms of one number. */
export function sameNumber(one: string, other: string): boolean {
  return numberVariants(one).includes(other) || numberVariants(other).includes(one);
}
