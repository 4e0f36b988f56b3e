-- MariaDB dump 10.19  Distrib 10.6.12-MariaDB
/*M!999999\- enable the sandbox mode */ 
/*!40101 SET NAMES utf8mb4 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `one`;
USE `one`;
CREATE TABLE `t` (
  `id` int(11) NOT NULL AUTO_INCREMENT COMMENT 'it''s; (the) key',
  `code` char(1) DEFAULT '\0',
  `seen` datetime DEFAULT '0000-00-00 00:00:00',
  `ok` bit(1) DEFAULT b'0', `raw` binary(2), `amount` decimal(10,2),
  UNIQUE KEY `k` (`code`), FULLTEXT KEY (`code`)
) ENGINE=InnoDB;
INSERT INTO `t` VALUES (1,'\0','0000-00-00 00:00:00',b'1',_binary 'a\0','1.50'),(2,'\'','2019-03-07 10:00:00.250',0x01,0x4142,-1);
USE `two`;
CREATE TABLE `t` (`id` int(11));
INSERT INTO `t` VALUES (5); # a remark with ' in it
INSERT IGNORE INTO one.t (id, amount) VALUES (3-1, 5--3), (4, now()), (0x6, 1e400);
INSERT INTO `t` SET id = 6;
INSERT INTO `nowhere` (`a b`, `c`) VALUES ('x\\','y\nz') ON DUPLICATE KEY UPDATE c = VALUES(c);
DELIMITER ;;
CREATE FUNCTION f() RETURNS int BEGIN INSERT INTO `t` VALUES (9); RETURN 1; END ;;
DELIMITER ;
-- Dump completed on 2023-01-01
