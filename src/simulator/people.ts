import type { Random } from './random.ts';

/**
 * The people of a made-up history. Phone numbers are of ranges that the regulators keep free for fiction, in E.164, so
 * that nobody's real number can appear and normalising them changes nothing.
 */
export type Person = {
  first: string | null;
  last: string | null;
  phones: string[];
  emails: string[];
};

const FIRST_NAMES = (
  'Anna Ben Carla David Emma Felix Greta Hannah Ivan Julia Karim Lena Marco Nina Oscar Paula Quentin Rosa Samir Tara ' +
  'Umar Vera Wanda Xavier Yuki Zoé Åsa Björn Çağla Đorđe Élodie Íris Jürgen Łukasz Ñusta Øyvind Søren Þóra Ольга Дмитро ' +
  'Γιώργος נועה ليلى प्रिया สมชาย 美咲 小明 지우 მარიამ'
).split(' ');

const LAST_NAMES = (
  'Abel Brandt Costa Duarte Evans Fischer García Haddad Ivanova Jensen Kowalska Lindqvist Müller Nakamura O’Brien Pereira ' +
  'Quispe Rossi Schneider Tanaka Ünal Vogel Weiß Xu Yılmaz Zhang Петрова Παππάς כהן خان शर्मा 佐藤 王 김'
).split(' ');

const MAIL_HOSTS = ['example.com', 'example.org', 'mail.example.net', 'icloud.example', 'work.example.co.uk'];

const US_AREAS = [
  201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
  239, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414,
  502, 503,
];

/** A number that exists only in stories; `serial` makes it different from every other. */
export function fictionalPhone(serial: number): string {
  const region = serial % 6;
  const index = Math.floor(serial / 6);
  switch (region) {
    case 0:
    case 1: {
      const at = index * 2 + region;
      const area = US_AREAS[Math.floor(at / 100) % US_AREAS.length] ?? 415;
      return `+1${area}55501${String(at % 100).padStart(2, '0')}`;
    }
    case 2:
      return `+447700900${String(index % 1000).padStart(3, '0')}`;
    case 3:
      return `+493023125${String(index % 1000).padStart(3, '0')}`;
    case 4:
      return `+3363998${String(index % 10_000).padStart(4, '0')}`;
    default:
      return `+612555${String(index % 100_000)
        .padStart(5, '0')
        .slice(-5)}0`.slice(0, 12);
  }
}

export function makePeople(random: Random, count: number): Person[] {
  const people: Person[] = [];
  for (let i = 0; i < count; i += 1) {
    const first = random.pick(FIRST_NAMES);
    const last = random.pick(LAST_NAMES);
    const person: Person = { first, last, phones: [], emails: [] };
    if (!random.chance(0.12)) person.phones.push(fictionalPhone(i));
    if (person.phones.length === 0 || random.chance(0.35)) {
      person.emails.push(`person${i}.${'abcdefgh'.charAt(i % 8)}@${random.pick(MAIL_HOSTS)}`);
    }
    people.push(person);
  }
  return people;
}
