/** Findings as a person reads them in a terminal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findingsText, verdictText } from '../../harness/commands/doctor.ts';
import { parseCores } from '../../harness/cores.ts';
import { coreList, isReady, ok, problem, sizeText, warning } from '../../harness/doctor/finding.ts';

const mib = 1024 ** 2;

describe('what a person reads', () => {
  const findings = [
    ok('node', '24'),
    warning('pinning', 'there is no taskset', 'install taskset'),
    problem('worker', 'a very long account of what was found · in more than one part', 'do this'),
  ];

  it('is ready unless there is a problem', () => {
    assert.equal(isReady(findings), false);
    assert.equal(isReady(findings.slice(0, 2)), true);
    assert.equal(verdictText(findings), 'not ready: 1 problem and 1 warning');
    assert.equal(verdictText(findings.slice(0, 2)), 'ready for a run, with 1 warning');
    assert.equal(verdictText(findings.slice(0, 1)), 'ready for a run');
  });

  it('aligns names, and puts the remedy below', () => {
    assert.equal(
      findingsText(findings, { columns: null, color: false }),
      [
        '  ✓ node     24',
        '  ! pinning  there is no taskset',
        '             → install taskset',
        '  ✗ worker   a very long account of what was found · in more than one part',
        '             → do this',
        '',
      ].join('\n'),
    );
    assert.equal(findingsText([], { columns: null, color: true }), '');
  });

  it('fits the terminal, and is coloured only when asked', () => {
    const text = findingsText(findings, { columns: 50, color: false });
    assert.ok(
      text.split('\n').every((line) => line.length <= 50),
      text,
    );
    assert.match(text, /found\n {13}in more/);
    assert.ok(findingsText(findings, { columns: 50, color: true }).includes('\u001b[31m✗'));
  });

  it('writes cores as taskset reads them, and sizes as df does', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1 }), (cores) => {
        const sorted = cores.toSorted((a, b) => a - b);
        assert.deepEqual(parseCores(coreList(sorted)), sorted);
      }),
    );
    assert.deepEqual([0, 1, 1023, 1536, 212_992, 4 * mib, 1.5 * 1024 ** 3].map(sizeText), [
      '0 B',
      '1 B',
      '1023 B',
      '1.5 KiB',
      '208 KiB',
      '4 MiB',
      '1.5 GiB',
    ]);
  });
});
