/** Forms made from JSON schemas, for the arguments of tools and the answers to questions. */
import { h, newId } from "../../browser/element.ts";

type Schema = {
	readonly type?: unknown;
	readonly title?: unknown;
	readonly description?: unknown;
	readonly default?: unknown;
	readonly enum?: unknown;
	readonly oneOf?: unknown;
	readonly anyOf?: unknown;
	readonly enumNames?: unknown;
	readonly const?: unknown;
	readonly items?: unknown;
	readonly minimum?: unknown;
	readonly maximum?: unknown;
	readonly minLength?: unknown;
	readonly maxLength?: unknown;
	readonly format?: unknown;
};

type Field = {
	readonly element: HTMLElement;
	/** The value to send; undefined if it is left out. Throws an Error that says what is wrong. */
	read(): unknown;
};

export type SchemaForm = {
	readonly elements: readonly HTMLElement[];
	/** @throws Error that says which field is wrong */
	read(): Record<string, unknown>;
};

/** A text that may be longer gets several lines. */
const LONG_TEXT = 200;
const INPUT_TYPES: Readonly<Record<string, string>> = {
	email: "email",
	uri: "url",
	date: "date",
};

/** @param hasNames whether a field with a title also shows what the protocol calls it */
export function schemaForm(schema: unknown, hasNames = false): SchemaForm {
	const { properties = {}, required = [] } = Object(schema) as { properties?: object; required?: readonly string[] };
	const fields = Object.entries(properties).map(
		([name, property]) =>
			[name, fieldOf(labelOf(name, property, hasNames), Object(property), required.includes(name))] as const,
	);
	return {
		elements: fields.map(([, { element }]) => element),
		read: () =>
			Object.fromEntries(
				fields.map(([name, field]) => [name, field.read()] as const).filter(([, value]) => value !== undefined),
			),
	};
}

type Label = { readonly title: string; readonly name?: string };

function labelOf(name: string, schema: unknown, hasNames: boolean): Label {
	const { title }: Schema = Object(schema);
	if (typeof title !== "string") return { title: name };
	return { title, ...(hasNames && { name }) };
}

const wordsOf = ({ title, name }: Label) => [
	title,
	...(name === undefined ? [] : [" ", h("code", { className: "muted" }, name)]),
];

function fieldOf(label: Label, schema: Schema, isRequired: boolean): Field {
	const hint = typeof schema.description === "string" ? schema.description : undefined;
	const choices = choicesOf(schema);
	if (schema.type === "boolean") return checkbox(label, hint, schema.default === true);
	if (choices) return select(label, hint, choices, schema.default, isRequired);
	const itemChoices = schema.type === "array" ? choicesOf(Object(schema.items)) : undefined;
	if (itemChoices) return checkboxes(label, hint, itemChoices, schema.default);
	if (schema.type === "number" || schema.type === "integer") return numberInput(label, hint, schema, isRequired);
	if (schema.type === "string") return textInput(label, hint, schema, isRequired);
	return jsonInput(label, hint, schema, isRequired);
}

type Choice = { readonly value: unknown; readonly title: string };

/** The values of an enum, in each form in which a schema may have one. */
function choicesOf({ enum: values, enumNames, oneOf, anyOf }: Schema): Choice[] | undefined {
	if (Array.isArray(values)) {
		const names = Array.isArray(enumNames) ? enumNames : [];
		return values.map((value, index) => ({ value, title: String(names[index] ?? value) }));
	}
	const options = [oneOf, anyOf].find(Array.isArray);
	if (!options?.every((option) => Object.hasOwn(Object(option), "const"))) return undefined;
	return options.map(({ const: value, title }: Schema) => ({ value, title: String(title ?? value) }));
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A control with its label, and its hint below it. */
function labelled(control: Control, label: Label, hint: string | undefined, isRequired: boolean): HTMLElement {
	control.id = newId("field");
	control.required = isRequired;
	const title = h("label", { htmlFor: control.id }, ...wordsOf(label));
	if (!isRequired) title.append(h("span", { className: "muted optional" }, " (optional)"));
	if (hint === undefined) return h("div", { className: "field" }, title, control);
	const note = h("span", { id: newId("hint"), className: "note muted" }, hint);
	control.setAttribute("aria-describedby", note.id);
	return h("div", { className: "field" }, title, control, note);
}

function textInput(label: Label, hint: string | undefined, schema: Schema, isRequired: boolean): Field {
	const { minLength, maxLength, format } = schema;
	const isLong = typeof maxLength === "number" && maxLength > LONG_TEXT && format === undefined;
	const type = INPUT_TYPES[String(format)] ?? "text";
	const control = isLong ? h("textarea", { rows: 3 }) : h("input", { type });
	if (typeof minLength === "number") control.minLength = minLength;
	if (typeof maxLength === "number") control.maxLength = maxLength;
	if (typeof schema.default === "string") control.value = schema.default;
	// An empty text is a value too, where the schema does not ask for more.
	const needsText = isRequired && typeof minLength === "number" && minLength > 0;
	const element = labelled(control, label, hint, isRequired);
	control.required = needsText;
	return { element, read: () => (control.value === "" && !isRequired ? undefined : control.value) };
}

function numberInput(label: Label, hint: string | undefined, schema: Schema, isRequired: boolean): Field {
	const isWhole = schema.type === "integer";
	const control = h("input", {
		type: "number",
		step: isWhole ? "1" : "any",
		inputMode: isWhole ? "numeric" : "decimal",
	});
	if (typeof schema.minimum === "number" && schema.minimum > Number.MIN_SAFE_INTEGER) control.min = `${schema.minimum}`;
	if (typeof schema.maximum === "number" && schema.maximum < Number.MAX_SAFE_INTEGER) control.max = `${schema.maximum}`;
	if (typeof schema.default === "number") control.value = String(schema.default);
	const element = labelled(control, label, hint, isRequired);
	return { element, read: () => (control.value === "" ? undefined : control.valueAsNumber) };
}

function checkbox(label: Label, hint: string | undefined, isChecked: boolean): Field {
	const control = h("input", { type: "checkbox", checked: isChecked });
	const text = h("span", {}, ...wordsOf(label));
	if (hint !== undefined) text.append(h("span", { className: "note muted" }, hint));
	return { element: h("label", { className: "choice" }, control, text), read: () => control.checked };
}

function select(
	label: Label,
	hint: string | undefined,
	choices: readonly Choice[],
	preset: unknown,
	isRequired: boolean,
): Field {
	const options = choices.map(({ value, title }) => h("option", { selected: value === preset }, title));
	const none = isRequired && preset !== undefined ? [] : [h("option", { value: "" }, isRequired ? "Choose…" : "–")];
	const control = h("select", {}, ...none, ...options);
	const element = labelled(control, label, hint, isRequired);
	return { element, read: () => choices[control.selectedIndex - none.length]?.value };
}

function checkboxes(label: Label, hint: string | undefined, choices: readonly Choice[], preset: unknown): Field {
	const chosen: readonly unknown[] = Array.isArray(preset) ? preset : [];
	const boxes = choices.map((choice) => ({
		choice,
		control: h("input", { type: "checkbox", checked: chosen.includes(choice.value) }),
	}));
	const group = h("fieldset", {}, h("legend", {}, ...wordsOf(label)));
	if (hint !== undefined) group.append(h("span", { className: "note muted" }, hint));
	for (const { choice, control } of boxes) group.append(h("label", { className: "choice" }, control, choice.title));
	const read = () => boxes.filter(({ control }) => control.checked).map(({ choice }) => choice.value);
	return { element: group, read };
}

function jsonInput(label: Label, hint: string | undefined, schema: Schema, isRequired: boolean): Field {
	const control = h("textarea", { rows: 3, spellcheck: false, className: "json" });
	if (schema.default !== undefined) control.value = JSON.stringify(schema.default);
	const element = labelled(control, { ...label, title: `${label.title}, as JSON` }, hint, isRequired);
	return {
		element,
		read() {
			if (control.value.trim() === "") return undefined;
			try {
				return JSON.parse(control.value);
			} catch {
				throw new Error(`${label.title} is not valid JSON.`);
			}
		},
	};
}
