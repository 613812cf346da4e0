export {
  type AccountGreeks,
  GREEK_DECIMALS,
  GREEKS,
  type Greeks,
  greeksOf,
  greekTexts,
  type PositionGreeks,
  type UnderlyingGreeks,
} from './greeks.js';
