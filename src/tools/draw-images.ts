import { defineSkill } from "../mcp/define/skill.ts";
import { lineIcon } from "../pages/line-icon.ts";

export const drawImages = defineSkill({
	name: "draw-images",
	title: "Draw good images",
	icon: lineIcon('<path d="m4 20 4-1L20 7l-3-3L5 16z"/><path d="m14 7 3 3"/>'),
	description:
		"How to write a prompt for generateImage, how many steps to take, and when to ask the user first. Use it before you draw a picture, and when the user does not like one.",
	scope: "images",
	requires: "image_generation",
	instructions: `
# Draw good images

## Before you draw

- If the user named a subject, draw. Do not ask about every detail.
- If there is no subject at all, call \`generateImage\` without a prompt: the user's app asks them. If it cannot, ask in the chat.

## The prompt

Write one or two sentences in English, in this order:

1. the subject, and what it does: "a grey cat asleep on a windowsill"
2. the surroundings and the light: "rain outside, warm lamp light"
3. the medium or style: "watercolour", "35 mm photograph", "flat vector illustration"
4. the framing: "close-up", "seen from above", "wide shot"

- Say what to show, not what to leave out: models tend to draw what "no …" names.
- Text in an image is often misspelt. Keep it to a word or two, in quotes, or leave it out.
- A prompt holds at most 2,048 characters. Forty words are plenty.

## Steps

- 4 steps (the default) for a first look and for simple subjects.
- 8 steps for the final image, for faces, hands and fine detail. It takes about twice as long.

## After

- Show the image, and name in one sentence what you asked for.
- If the user wants a change, keep the prompt and change one thing. The next image will still differ: there is no seed.
- If the model refuses a prompt, say so and offer another subject. Do not try to get around it.
`,
});
