import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe-core finds to be serious or worse. It is run in a world of its own, past the policy of the page. In dark only
 * the colours are others.
 */
export async function seriousFindings(page: Page, scheme: 'light' | 'dark'): Promise<string[]> {
  // Colours on their way to other colours would be judged as they are for a moment.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
  await page.evaluate(axe.source);
  return await page.evaluate(
    async (runOnly) => {
      // What passes is not asked for: to describe it takes most of the time.
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
        resultTypes: ['violations'],
        iframes: false,
        ...(runOnly === null ? {} : { runOnly }),
      });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.slice(0, 3).map(({ html, failureSummary }) => `${id} ${html} ${failureSummary}`),
        );
    },
    scheme === 'dark' ? ['color-contrast'] : null,
  );
}
