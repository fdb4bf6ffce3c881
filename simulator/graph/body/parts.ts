import { z } from 'zod';

/** Text of so many characters, counted in code points. */
export const text = (maximum: number) =>
  z
    .string()
    .min(1)
    .refine((value) => [...value].length <= maximum, { params: { tooLong: maximum } });

/** A file by its id or by an address. */
export const media = (extra: z.core.$ZodLooseShape = {}) =>
  z
    .looseObject({
      id: z.string().min(1).optional(),
      link: z.url({ protocol: /^https?$/ }).optional(),
      ...extra,
    })
    .refine(({ id, link }) => (id === undefined) !== (link === undefined), 'give either id or link');

export const distinct = (values: string[]): boolean => new Set(values).size === values.length;

/** Number or decimal text. */
export const coordinate = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]);
