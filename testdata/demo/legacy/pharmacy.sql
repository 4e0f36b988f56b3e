-- MySQL dump 10.13  Distrib 5.7.33
/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS `rx`;
CREATE TABLE `rx` (
  `rx_id` int(11) NOT NULL,
  `pat` varchar(10) DEFAULT NULL,
  `drug` varchar(80) DEFAULT NULL,
  `rxnorm` varchar(12) DEFAULT NULL,
  `started` date DEFAULT NULL,
  `stopped` date DEFAULT NULL,
  `note` text,
  PRIMARY KEY (`rx_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
LOCK TABLES `rx` WRITE;
INSERT INTO `rx` VALUES (1,'LC-0027','Metformin 500 MG','861007','2020-02-02','0000-00-00','line one\nline two'),(2,'LC-0029','Dr. O\'Hara\'s Tonic',NULL,'2020-03-03','2021-03-15','line one\nline two'),(3,'LC-0031','Lisinopril 10 MG Oral Tablet','314076','2020-04-04',NULL,'line one\nline two'),(4,'LC-0034','Metformin 500 MG','861007','2020-05-05','0000-00-00','line one\nline two'),(5,'LC-0001','Dr. O\'Hara\'s Tonic',NULL,'2020-06-06','2021-06-15','line one\nline two'),(6,'LC-0032','Lisinopril 10 MG Oral Tablet','314076','2020-07-07',NULL,'line one\nline two'),(7,'LC-0006','Metformin 500 MG','861007','2020-08-08','0000-00-00','line one\nline two'),(8,'LC-0002','Dr. O\'Hara\'s Tonic',NULL,'2020-09-09','2021-09-15','line one\nline two'),(9,'LC-0019','Lisinopril 10 MG Oral Tablet','314076','2020-01-01',NULL,'line one\nline two'),(10,'LC-0031','Metformin 500 MG','861007','2020-02-02','0000-00-00','line one\nline two'),(11,'LC-0014','Dr. O\'Hara\'s Tonic',NULL,'2020-03-03','2021-03-15','line one\nline two'),(12,'LC-0004','Lisinopril 10 MG Oral Tablet','314076','2020-04-04',NULL,'line one\nline two'),(13,'LC-0004','Metformin 500 MG','861007','2020-05-05','0000-00-00','line one\nline two'),(14,'LC-0039','Dr. O\'Hara\'s Tonic',NULL,'2020-06-06','2021-06-15','line one\nline two'),(15,'LC-0014','Lisinopril 10 MG Oral Tablet','314076','2020-07-07',NULL,'line one\nline two'),(16,'LC-0003','Metformin 500 MG','861007','2020-08-08','0000-00-00','line one\nline two'),(17,'LC-0016','Dr. O\'Hara\'s Tonic',NULL,'2020-09-09','2021-09-15','line one\nline two'),(18,'LC-0004','Lisinopril 10 MG Oral Tablet','314076','2020-01-01',NULL,'line one\nline two'),(19,'LC-0039','Metformin 500 MG','861007','2020-02-02','0000-00-00','line one\nline two'),(20,'LC-0032','Dr. O\'Hara\'s Tonic',NULL,'2020-03-03','2021-03-15','line one\nline two'),(21,'LC-0031','Lisinopril 10 MG Oral Tablet','314076','2020-04-04',NULL,'line one\nline two'),(22,'LC-0016','Metformin 500 MG','861007','2020-05-05','0000-00-00','line one\nline two'),(23,'LC-0019','Dr. O\'Hara\'s Tonic',NULL,'2020-06-06','2021-06-15','line one\nline two'),(24,'LC-0014','Lisinopril 10 MG Oral Tablet','314076','2020-07-07',NULL,'line one\nline two'),(25,'LC-0006','Metformin 500 MG','861007','2020-08-08','0000-00-00','line one\nline two'),(26,'LC-0020','Dr. O\'Hara\'s Tonic',NULL,'2020-09-09','2021-09-15','line one\nline two'),(27,'LC-0020','Lisinopril 10 MG Oral Tablet','314076','2020-01-01',NULL,'line one\nline two'),(28,'LC-0027','Metformin 500 MG','861007','2020-02-02','0000-00-00','line one\nline two'),(29,'LC-0032','Dr. O\'Hara\'s Tonic',NULL,'2020-03-03','2021-03-15','line one\nline two'),(30,'LC-0008','Lisinopril 10 MG Oral Tablet','314076','2020-04-04',NULL,'line one\nline two');
UNLOCK TABLES;
CREATE TABLE `rx_audit` (`id` int(11), `what` varchar(20));
INSERT INTO `rx_audit` VALUES (1,'login'),(2,'print'),(3,'logout');
-- Dump completed on 2021-06-30 18:00:00
