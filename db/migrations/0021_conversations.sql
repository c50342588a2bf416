CREATE TABLE `blobs` (
	`id` integer PRIMARY KEY NOT NULL,
	`digest` text NOT NULL,
	`media_type` text NOT NULL,
	`content` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `blobs_digest` ON `blobs` (`digest`);--> statement-breakpoint
CREATE TABLE `conversation_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` integer NOT NULL,
	`uuid` text NOT NULL,
	`type` text NOT NULL,
	`at` integer,
	`content` text NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversation_events_uuid` ON `conversation_events` (`conversation_id`,`uuid`);--> statement-breakpoint
CREATE INDEX `conversation_events_type` ON `conversation_events` (`type`,`id`);--> statement-breakpoint
CREATE TABLE `conversation_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` integer NOT NULL,
	`uuid` text NOT NULL,
	`parent_uuid` text,
	`role` text NOT NULL,
	`api_message_id` text,
	`model` text,
	`at` integer,
	`text` text NOT NULL,
	`cjk` integer NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversation_messages_uuid` ON `conversation_messages` (`conversation_id`,`uuid`);--> statement-breakpoint
CREATE INDEX `conversation_messages_order` ON `conversation_messages` (`conversation_id`,`id`);--> statement-breakpoint
CREATE TABLE `conversation_slots` (
	`session_id` text PRIMARY KEY NOT NULL,
	`slot_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`session_id` text NOT NULL,
	`parent_id` integer,
	`parent_tool_use_id` text,
	`project` text,
	`git_branch` text,
	`model` text,
	`claude_version` text,
	`started_at` integer,
	`last_at` integer,
	`message_count` integer DEFAULT 0 NOT NULL,
	`compactions` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`parent_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_name` ON `conversations` (`name`);--> statement-breakpoint
CREATE INDEX `conversations_session` ON `conversations` (`session_id`);--> statement-breakpoint
CREATE INDEX `conversations_parent` ON `conversations` (`parent_id`);--> statement-breakpoint
CREATE INDEX `conversations_call` ON `conversations` (`parent_tool_use_id`);--> statement-breakpoint
CREATE INDEX `conversations_last` ON `conversations` (`last_at`);--> statement-breakpoint
CREATE TABLE `message_parts` (
	`message_id` integer NOT NULL,
	`position` integer NOT NULL,
	`kind` text NOT NULL,
	`start` integer NOT NULL,
	`length` integer NOT NULL,
	`tool` text,
	`tool_use_id` text,
	`is_error` integer DEFAULT false NOT NULL,
	`blob_id` integer,
	`size` integer NOT NULL,
	PRIMARY KEY(`message_id`, `position`),
	FOREIGN KEY (`message_id`) REFERENCES `conversation_messages`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`blob_id`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `message_parts_call` ON `message_parts` (`tool_use_id`);--> statement-breakpoint
CREATE INDEX `message_parts_tool` ON `message_parts` (`tool`,`message_id`);--> statement-breakpoint
CREATE INDEX `message_parts_blob` ON `message_parts` (`blob_id`);--> statement-breakpoint
CREATE TABLE `message_usage` (
	`answer` text PRIMARY KEY NOT NULL,
	`conversation_id` integer NOT NULL,
	`model` text NOT NULL,
	`at` integer,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cache_read_tokens` integer NOT NULL,
	`cache_write_tokens` integer NOT NULL,
	`cache_write_long_tokens` integer NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `message_usage_conversation` ON `message_usage` (`conversation_id`);--> statement-breakpoint
CREATE INDEX `message_usage_at` ON `message_usage` (`at`);--> statement-breakpoint
CREATE TABLE `transcript_files` (
	`id` integer PRIMARY KEY NOT NULL,
	`identity` text NOT NULL,
	`path` text NOT NULL,
	`offset` integer DEFAULT 0 NOT NULL,
	`tail` text DEFAULT '' NOT NULL,
	`skipping` integer DEFAULT false NOT NULL,
	`restarts` integer DEFAULT 0 NOT NULL,
	`broken_lines` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `transcript_files_identity` ON `transcript_files` (`identity`);--> statement-breakpoint
CREATE INDEX `transcript_files_path` ON `transcript_files` (`path`);--> statement-breakpoint
CREATE TABLE `transcript_line_types` (
	`file_id` integer NOT NULL,
	`type` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`file_id`, `type`),
	FOREIGN KEY (`file_id`) REFERENCES `transcript_files`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
INSERT OR IGNORE INTO `conversation_slots` (`session_id`, `slot_id`) SELECT `session_id`, `slot_id` FROM `sessions`;--> statement-breakpoint
CREATE TRIGGER `sessions_begin_conversation` AFTER INSERT ON `sessions` BEGIN
	INSERT OR REPLACE INTO `conversation_slots` (`session_id`, `slot_id`) VALUES (NEW.`session_id`, NEW.`slot_id`);
END;--> statement-breakpoint
CREATE TRIGGER `sessions_change_conversation` AFTER UPDATE OF `session_id` ON `sessions` BEGIN
	INSERT OR REPLACE INTO `conversation_slots` (`session_id`, `slot_id`) VALUES (NEW.`session_id`, NEW.`slot_id`);
END;--> statement-breakpoint
CREATE VIRTUAL TABLE `message_words` USING fts5(`text`, content='conversation_messages', content_rowid='id', tokenize='unicode61 remove_diacritics 2');--> statement-breakpoint
CREATE VIEW `cjk_messages` AS SELECT `id`, `text` || char(10) || char(10) AS `text` FROM `conversation_messages` WHERE `cjk`;--> statement-breakpoint
CREATE VIRTUAL TABLE `message_trigrams` USING fts5(`text`, content='cjk_messages', content_rowid='id', tokenize='trigram');--> statement-breakpoint
CREATE TRIGGER `message_is_indexed` AFTER INSERT ON `conversation_messages` BEGIN
	INSERT INTO `message_words` (`rowid`, `text`) VALUES (NEW.`id`, NEW.`text`);
END;--> statement-breakpoint
CREATE TRIGGER `message_is_indexed_by_three` AFTER INSERT ON `conversation_messages` WHEN NEW.`cjk` BEGIN
	INSERT INTO `message_trigrams` (`rowid`, `text`) VALUES (NEW.`id`, NEW.`text` || char(10) || char(10));
END;--> statement-breakpoint
CREATE TRIGGER `message_is_forgotten` AFTER DELETE ON `conversation_messages` BEGIN
	INSERT INTO `message_words` (`message_words`, `rowid`, `text`) VALUES ('delete', OLD.`id`, OLD.`text`);
END;--> statement-breakpoint
CREATE TRIGGER `message_is_forgotten_by_three` AFTER DELETE ON `conversation_messages` WHEN OLD.`cjk` BEGIN
	INSERT INTO `message_trigrams` (`message_trigrams`, `rowid`, `text`) VALUES ('delete', OLD.`id`, OLD.`text` || char(10) || char(10));
END;--> statement-breakpoint
CREATE TRIGGER `message_text_is_changed` BEFORE UPDATE OF `id`, `text`, `cjk` ON `conversation_messages` BEGIN
	SELECT RAISE(ABORT, 'what was said is not changed');
END;
