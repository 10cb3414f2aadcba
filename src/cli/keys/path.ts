/** Where the management API has keys. */
export const KEYS_PATH = "/v1/api-keys";
