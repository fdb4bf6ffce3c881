import { useTranslation } from 'react-i18next';

import { type OrderItem, orderTotal } from './content-parts.ts';

/** What was ordered: product, how many, at which price, and the sum. */
export function OrderTable({ items }: { items: OrderItem[] }) {
  const { t, i18n } = useTranslation();
  if (items.length === 0) return null;
  const total = orderTotal(items);
  const money = (amount: number, currency: string | null): string =>
    moneyText(amount, currency, i18n.language);
  return (
    <table className="my-1 w-full rounded-lg bg-tint text-sm">
      <caption className="sr-only">{t('kinds.order')}</caption>
      <thead className="text-start text-xs text-muted">
        <tr>
          <th className="px-2.5 pt-1.5 text-start font-medium">{t('order.product')}</th>
          <th className="px-2.5 pt-1.5 text-end font-medium">{t('order.quantity')}</th>
          <th className="px-2.5 pt-1.5 text-end font-medium">{t('order.price')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ name, quantity, price, currency }, index) => (
          <tr key={index}>
            <td className="px-2.5 py-0.5 [overflow-wrap:anywhere]">
              <bdi>{name}</bdi>
            </td>
            <td className="px-2.5 py-0.5 text-end tabular-nums">{quantity}</td>
            <td className="px-2.5 py-0.5 text-end tabular-nums">
              {price === null ? '–' : <bdi>{money(price, currency)}</bdi>}
            </td>
          </tr>
        ))}
      </tbody>
      {total !== null && (
        <tfoot className="border-t border-line font-semibold">
          <tr>
            <th colSpan={2} scope="row" className="px-2.5 py-1 text-start">
              {t('order.total')}
            </th>
            <td className="px-2.5 py-1 text-end tabular-nums">
              <bdi>{money(total.amount, total.currency)}</bdi>
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

/** Money in the words of the language; a currency that nobody knows stands as it came. */
function moneyText(amount: number, currency: string | null, language: string): string {
  if (currency === null || !/^[A-Za-z]{3}$/.test(currency)) return `${amount} ${currency ?? ''}`.trim();
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount);
}
