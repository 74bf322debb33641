import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plistText, stringsIn } from './plist.ts';
import { quoted, quotedArgument, wordsOf } from './unit-file.ts';

/** Any text without control characters, with those that mean something in either format more often than by chance. */
const words = fc.array(
  fc
    .array(fc.oneof(fc.constantFrom(...'&<>"\'\\$% ;#{}~=', '$$', '%%', '\\"', '&amp;', ']]>', '-->'), fc.string()))
    .map((parts) => parts.join('').replace(/\p{Cc}|\p{Cs}/gu, '')),
);

describe('a property list', () => {
  it('gives back the words that were put in', () => {
    fc.assert(
      fc.property(words, (args) => {
        expect(stringsIn(plistText({ Other: ['x'], Words: args, More: ['y'] }), 'Words')).toEqual(args);
      }),
    );
  });

  it('escapes what XML takes for its own', () => {
    expect(plistText({ A: `<&"'>`, B: 1, C: true, D: { E: ['x'] } })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>A</key>
  <string>&lt;&amp;&quot;&apos;&gt;</string>
  <key>B</key>
  <integer>1</integer>
  <key>C</key>
  <true/>
  <key>D</key>
  <dict>
    <key>E</key>
    <array>
      <string>x</string>
    </array>
  </dict>
</dict>
</plist>
`);
  });

  it('is read by a parser that is not ours', () => {
    const args = [`a & <b> "c" 'd' $e %f \\g`, 'ünï 💬', ''];
    const text = plistText({ Words: args, Number: 63, Yes: true });
    const script = 'import sys, json, plistlib; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const parsed = spawnSync('python3', ['-c', script], { input: text, encoding: 'utf8' });
    // A machine without one has the property above.
    if (parsed.error !== undefined) return;
    expect(parsed.stderr).toBe('');
    expect(JSON.parse(parsed.stdout)).toEqual({ Words: args, Number: 63, Yes: true });
  });

  it('has no words under another name, or in a file that somebody else wrote', () => {
    expect(stringsIn(plistText({ Words: ['x'] }), 'Others')).toBeNull();
    expect(stringsIn('bplist00', 'Words')).toBeNull();
  });
});

describe('a command line of systemd', () => {
  it('gives back the words that were put in', () => {
    fc.assert(
      fc.property(words, (args) => {
        expect(wordsOf(['/bin/sh', ...args.map(quotedArgument)].join(' '))).toEqual(['/bin/sh', ...args]);
      }),
    );
  });

  it('escapes quotes, specifiers and variables', () => {
    expect(quotedArgument('a "b" \\c %d $e $')).toBe('"a \\"b\\" \\\\c %%d $$e $$"');
    // In an assignment a dollar sign means nothing.
    expect(quoted('PATH=$x:%y')).toBe('"PATH=$x:%%y"');
  });

  it('that somebody else wrote is not taken for ours', () => {
    for (const line of ["/bin/sh 'a b'", '/bin/sh "a', '/bin/sh  a', '"a"b']) expect(wordsOf(line), line).toBeNull();
  });
});
