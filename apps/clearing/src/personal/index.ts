export { PersonalDesk } from './desk.js';
