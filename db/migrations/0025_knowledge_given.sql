CREATE TABLE `knowledge_given` (
	`session_id` text NOT NULL,
	`knowledge_id` text NOT NULL,
	`updated_at` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`session_id`, `knowledge_id`)
);
--> statement-breakpoint
CREATE INDEX `knowledge_given_at` ON `knowledge_given` (`at`);--> statement-breakpoint
CREATE VIRTUAL TABLE `knowledge_terms` USING fts5vocab('knowledge_words', 'row');
