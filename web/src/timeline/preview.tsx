import { Icon } from '../parts/icons.tsx';
import { safeUrl } from '../parts/rich-text.tsx';

type Shown = Record<string, unknown>;

/** What a link or an app shows of itself. It is foreign input, so that every field is looked at before it is shown. */
export function Preview({ preview, app }: { preview: unknown; app: string | null }) {
  const shown = (typeof preview === 'object' && preview !== null ? preview : {}) as Shown;
  const text = (field: string) => (typeof shown[field] === 'string' && shown[field] !== '' ? shown[field] : null);
  const url = safeUrl(text('url') ?? '');
  const title = text('title') ?? text('caption') ?? text('appName') ?? KINDS[String(shown.kind)] ?? appName(app);
  const about = [text('summary'), text('subcaption'), text('artist'), text('album'), text('address')];
  const site = text('siteName') ?? (url === null ? text('appName') : new URL(url).hostname.replace(/^www\./, ''));
  const options = Array.isArray(shown.options) ? shown.options : [];
  const inside = (
    <>
      <Icon name="link" size={18} />
      <span className="file-words">
        <span className="file-name">{title}</span>
        {about.map(
          (part) =>
            part !== null &&
            part !== title && (
              <span key={part} className="card-about">
                {part}
              </span>
            ),
        )}
        {options.map((option: unknown) => (
          <span key={optionText(option)} className="card-option">
            {optionText(option)}
          </span>
        ))}
        {site !== null && site !== title && <span className="file-about">{site}</span>}
      </span>
    </>
  );
  if (url === null) return <span className="file card">{inside}</span>;
  return (
    <a className="file card" href={url} target="_blank" rel="noopener noreferrer">
      {inside}
    </a>
  );
}

const KINDS: Record<string, string> = {
  link: 'Link',
  poll: 'Poll',
  'poll-vote': 'Vote in a poll',
  'digital-touch': 'Digital Touch',
  handwriting: 'Handwriting',
};

const appName = (app: string | null) => app?.split(/[.:]/).at(-1) ?? 'App message';

function optionText(option: unknown): string {
  const text = typeof option === 'object' && option !== null ? (option as Shown).text : null;
  return typeof text === 'string' ? text : '';
}
