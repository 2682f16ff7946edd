/** Makes elements. Text is never read as HTML. */
type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
	Omit<HTMLElementTagNameMap[Tag], "attributes" | "style" | "dataset" | "children" | "list" | "form">
> & { readonly attributes?: Readonly<Record<string, string>> };

export function h<Tag extends keyof HTMLElementTagNameMap>(
	tag: Tag,
	{ attributes = {}, ...properties }: Properties<Tag> = {},
	...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
	const element = document.createElement(tag);
	Object.assign(element, properties);
	for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
	element.append(...children);
	return element;
}

let lastId = 0;

/** An id that no other element has. */
export const newId = (prefix: string) => `${prefix}-${++lastId}`;
