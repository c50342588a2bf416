CREATE TABLE `indexed_messages` (
	`up_to` integer NOT NULL
);
--> statement-breakpoint
-- Everything that is there was indexed with its row.
INSERT INTO `indexed_messages` (`up_to`) SELECT coalesce(max(`id`), 0) FROM `conversation_messages`;--> statement-breakpoint
DROP TRIGGER `message_is_forgotten`;--> statement-breakpoint
CREATE TRIGGER `message_is_forgotten` AFTER DELETE ON `conversation_messages` WHEN OLD.`id` <= (SELECT `up_to` FROM `indexed_messages`) BEGIN
	INSERT INTO `message_words` (`message_words`, `rowid`, `text`) VALUES ('delete', OLD.`id`, OLD.`text`);
END;--> statement-breakpoint
DROP TRIGGER `message_is_forgotten_by_three`;--> statement-breakpoint
CREATE TRIGGER `message_is_forgotten_by_three` AFTER DELETE ON `conversation_messages` WHEN OLD.`cjk` AND OLD.`id` <= (SELECT `up_to` FROM `indexed_messages`) BEGIN
	INSERT INTO `message_trigrams` (`message_trigrams`, `rowid`, `text`) VALUES ('delete', OLD.`id`, OLD.`text` || char(10) || char(10));
END;--> statement-breakpoint
-- Merged by whoever writes them, in pieces of their own: never in the midst of a transaction that others wait for.
INSERT INTO `message_words` (`message_words`, `rank`) VALUES ('automerge', 0);--> statement-breakpoint
INSERT INTO `message_words` (`message_words`, `rank`) VALUES ('crisismerge', 1000);--> statement-breakpoint
INSERT INTO `message_trigrams` (`message_trigrams`, `rank`) VALUES ('automerge', 0);--> statement-breakpoint
INSERT INTO `message_trigrams` (`message_trigrams`, `rank`) VALUES ('crisismerge', 1000);
