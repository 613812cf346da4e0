/** The risk standard joined to the house: what the state looks like to a model, and what the model asks of it. */
export { Assessor } from './assessor.js';
export { bookOf, positionsByAccount } from './book.js';
export { bookOfInputs, inputsOf, marketOfInputs, type MarginInputs } from './inputs.js';
export { type HouseMarket, houseMarket } from './market.js';
export { ModelLibrary, type RecordedModel, type Recomputed } from './library.js';
export { OpenModel } from './open-model.js';
export { withVols } from './vols.js';
