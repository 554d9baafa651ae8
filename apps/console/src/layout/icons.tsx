/** Line icons on a grid of 24, as `d` of one path each. */
const paths = {
  overview: 'M4 19V9m5.3 10V5m5.4 14v-7M20 19V8',
  credentials: 'M15 7a4 4 0 1 0-3.9 5l-1.6 1.6H7V16H4.5v3.5H8l5-5A4 4 0 0 0 15 7Zm1-.5v.01',
  challenges: 'M12 7v5l3.2 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  messages: 'M3.5 6.5h17v11h-17zM3.5 7 12 13.5 20.5 7',
  webhooks: 'M8.5 8.5a3.5 3.5 0 1 1 5.6 2.8l2.4 4.2M6.2 12.5A3.5 3.5 0 1 0 10 17h5m.5 2.2a3.5 3.5 0 1 0 1-5.6',
  numbers: 'M7.5 3.5h9v17h-9zM11 17.5h2',
  forwarding: 'M4 12h15m-5.5-5.5L19 12l-5.5 5.5',
  seats: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9a6 6 0 0 1 12 0m1-16a3.5 3.5 0 0 1 0 7m5 9a6 6 0 0 0-3.5-5.4',
  keys: 'M8 15.5a4 4 0 1 1 3.7-5.5H21v3h-2v2.5h-3V13h-4.3A4 4 0 0 1 8 15.5Zm0-4v.01',
  lock: 'M5.5 11h13v9.5h-13zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11M12 14.8v2',
  audit: 'M12 3.5 19 6v5.5c0 4.3-2.9 7.4-7 9-4.1-1.6-7-4.7-7-9V6zm-3 8.3 2.2 2.2 4-4.2',
  settings: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 4.8v4.4M9 14.8v4.4',
  copy: 'M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  plus: 'M12 5v14M5 12h14',
  search: 'M16.5 16.5 21 21m-2.5-10.5a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  signOut: 'M14 4.5H5v15h9M10 12h11m-3.5-3.5L21 12l-3.5 3.5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
