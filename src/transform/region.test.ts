import { describe, expect, it } from 'vitest';
import { ChatStatsError } from '../kernel/index.ts';
import { ownAddress, ownerRegion, parseRegion, type RegionEvidence } from './region.ts';

const regionOf = (evidence: Partial<RegionEvidence>) =>
  ownerRegion({ ownAddresses: [], handleCountries: [], locale: null, override: null, ...evidence });

describe('ownAddress', () => {
  it.each([
    ['P:+14155550123', '+14155550123'],
    ['p:+14155550123', '+14155550123'],
    ['E:me@example.com', 'me@example.com'],
    ['e:Me@example.com', 'Me@example.com'],
    ['+14155550123', '+14155550123'],
    ['me@example.com', 'me@example.com'],
    ['E:', ''],
    ['', ''],
  ])('%j is %j', (raw, address) => {
    expect(ownAddress(raw)).toBe(address);
  });
});

describe('ownerRegion', () => {
  it('is what the user said, whatever else speaks', () => {
    expect(regionOf({ override: 'de', ownAddresses: ['+14155550123'], locale: 'fr_FR' })).toBe('DE');
    expect(regionOf({ override: 'UK' })).toBe('GB');
  });

  it('refuses an override that is no country', () => {
    for (const override of ['ZZ', 'Germany', '49', '']) {
      expect(() => regionOf({ override })).toThrow(ChatStatsError);
    }
  });

  it('else comes from the own numbers', () => {
    expect(regionOf({ ownAddresses: ['E:me@example.com', 'P:+493012345678'], locale: 'en_US' })).toBe('DE');
    expect(regionOf({ ownAddresses: ['P:+16045550100'], handleCountries: ['us', 'us'] })).toBe('CA');
    expect(regionOf({ ownAddresses: ['+447700900123', '+33612345678', '+33612345679'] })).toBe('FR');
    expect(regionOf({ ownAddresses: ['+447700900123', '+33612345678'], locale: 'fr-FR' })).toBe('FR');
  });

  it('takes a fictional number for one of the main country of its code, unless a hint says which', () => {
    expect(regionOf({ ownAddresses: ['+15550001234'] })).toBe('US');
    expect(regionOf({ ownAddresses: ['+15550001234'], handleCountries: ['ca', 'ca', 'us'] })).toBe('CA');
    expect(regionOf({ ownAddresses: ['+15550001234'], handleCountries: ['de'], locale: 'en_CA.UTF-8' })).toBe('CA');
  });

  it('passes over own addresses that tell nothing', () => {
    expect(regionOf({ ownAddresses: ['5186537460', 'E:', '', '+999123456'], handleCountries: ['us'] })).toBe('US');
  });

  it('else is the country of more than half of the handles', () => {
    expect(regionOf({ handleCountries: ['gb', 'GB', null, 'us', ''], locale: 'en_US' })).toBe('GB');
    expect(regionOf({ handleCountries: ['gb', 'us'], locale: 'de_DE' })).toBe('DE');
  });

  it.each([
    ['en_US.UTF-8', 'US'],
    ['de-CH', 'CH'],
    ['de_DE@euro', 'DE'],
    ['zh-Hant-TW', 'TW'],
    ['en_US@rg=gbzzzz', 'GB'],
    ['en-US-u-rg-gbzzzz', 'GB'],
    ['es-419', null],
    ['de', null],
    ['C.UTF-8', null],
    ['POSIX', null],
  ])('else is that of the locale: %s gives %s', (locale, region) => {
    expect(regionOf({ locale })).toBe(region);
  });

  it('is null when nothing tells', () => {
    expect(regionOf({})).toBeNull();
  });
});

describe('parseRegion', () => {
  it('knows countries, not any two letters', () => {
    expect(parseRegion(' us ')).toBe('US');
    expect(parseRegion('AA')).toBeNull();
    expect(parseRegion(null)).toBeNull();
  });
});
