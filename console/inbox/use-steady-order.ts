import { useState } from 'react';

import { steadyOrder } from './steady-order.ts';

/** The rows in their own order, or, while `hold`, in the order they had when it began. */
export function useSteadyOrder<Row extends { id: string }>(rows: Row[], hold: boolean) {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  if (hold && held === null) setHeld(rows.map((row) => row.id));
  if (!hold && held !== null) setHeld(null);
  return hold && held !== null ? steadyOrder(held, rows) : { rows, newCount: 0 };
}
