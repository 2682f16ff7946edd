/** Where the page of a view is, in the folder of the assets and on the server. */
export const VIEWS_PATH = "/views";

export function viewPath(name: string): string {
	return `${VIEWS_PATH}/${name}.html`;
}
