ALTER TABLE `tasks` ADD `budget_usd` real;--> statement-breakpoint
ALTER TABLE `tasks` ADD `budget_tokens` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `guard` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `unchecked` integer DEFAULT 0 NOT NULL;