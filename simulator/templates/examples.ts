import type { TemplateInput } from './definition.ts';

/** Approved templates of an account, ready to be sent: one of service, one of marketing, one in Hebrew with names. */
export function exampleTemplates(wabaId: string): (TemplateInput & { wabaId: string })[] {
  return [
    {
      wabaId,
      name: 'order_ready',
      language: 'en_US',
      category: 'UTILITY',
      parameter_format: 'POSITIONAL',
      components: [
        {
          type: 'BODY',
          text: 'Hello {{1}}, your order {{2}} is ready. We keep it for you until {{3}} today.',
          example: { body_text: [['Dana', 'A-1045', '20:00']] },
        },
        { type: 'FOOTER', text: 'Opening hours: 8:00 to 22:00' },
      ],
    },
    {
      wabaId,
      name: 'weekend_offer',
      language: 'en_US',
      category: 'MARKETING',
      parameter_format: 'POSITIONAL',
      components: [
        {
          type: 'HEADER',
          format: 'TEXT',
          text: 'This weekend: {{1}}',
          example: { header_text: ['20% off cakes'] },
        },
        {
          type: 'BODY',
          text: 'Hi {{1}}, come by on Friday and take your favourite home. Bring somebody along!',
          example: { body_text: [['Dana']] },
        },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'URL', text: 'See the menu', url: 'https://demo.example/menu' },
            { type: 'QUICK_REPLY', text: 'Stop promotions' },
          ],
        },
      ],
    },
    {
      wabaId,
      name: 'delivery_today',
      language: 'he',
      category: 'UTILITY',
      parameter_format: 'NAMED',
      components: [
        {
          type: 'BODY',
          text: 'שלום {{name}}, המשלוח שלך יגיע היום בין {{from}} ל-{{until}}. נתראה!',
          example: {
            body_text_named_params: [
              { param_name: 'name', example: 'דנה' },
              { param_name: 'from', example: '16:00' },
              { param_name: 'until', example: '18:00' },
            ],
          },
        },
        { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'השעה לא מתאימה' }] },
      ],
    },
  ];
}
