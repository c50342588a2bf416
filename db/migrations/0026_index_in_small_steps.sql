-- With as many pieces as would be merged all at once, nothing was merged in small steps: now and then one transaction took a tenth of a second.
INSERT INTO `message_words` (`message_words`, `rank`) VALUES ('automerge', 8);--> statement-breakpoint
INSERT INTO `message_words` (`message_words`, `rank`) VALUES ('crisismerge', 64);--> statement-breakpoint
INSERT INTO `message_trigrams` (`message_trigrams`, `rank`) VALUES ('automerge', 8);--> statement-breakpoint
INSERT INTO `message_trigrams` (`message_trigrams`, `rank`) VALUES ('crisismerge', 64);
