export { type BasicOptions, basic, type Password } from "./basic.ts";
