export { GeoipError, openPlaces, type PlaceFiles } from './open-places.ts';
