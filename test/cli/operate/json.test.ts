import { testEach } from "../json.ts";

testEach("slow", 120_000);
