USE [Clinic]
GO
/****** Object:  Table [dbo].[Patient] /* nested */ ******/
SET ANSI_NULLS ON
GO
SET QUOTED_IDENTIFIER ON
GO
CREATE TABLE [dbo].[Patient](
	[PatientID] [int] IDENTITY(1,1) NOT NULL,
	[Last]]Name] [nvarchar](50) NULL,
	[DOB] [datetime] NULL,
	[Seen] [smalldatetime] NULL,
	[Day] [date] NULL,
	[Active] [bit] NOT NULL CONSTRAINT [df's] DEFAULT ((1)),
	[Balance] [money] NULL,
	[Photo] [varbinary](max) NULL,
	[Row] [timestamp] NOT NULL,
	[Guid] [uniqueidentifier] NULL,
	[Shown]  AS ([Last]]Name]+', '),
 CONSTRAINT [PK_Patient] PRIMARY KEY CLUSTERED ([PatientID] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY]
GO
CREATE TABLE [hist].[Patient]([id] [int], [what] "varchar"(10))
GO
CREATE PROCEDURE [dbo].[Fill] AS
BEGIN
	INSERT [dbo].[Patient] ([PatientID]) VALUES (99);
	INSERT INTO hist.Patient VALUES (99, 'GO')
END
GO 
CREATE VIEW v AS SELECT 'INSERT INTO x VALUES (1)' AS a
Go
SET IDENTITY_INSERT [dbo].[Patient] ON 

INSERT [dbo].[Patient] ([PatientID], [Last]]Name], [DOB], [Seen], [Day], [Active], [Balance], [Photo], [Guid]) VALUES (1, N'O''Neil
GO
x', CAST(N'1957-12-19T00:00:00.000' AS DateTime), CAST(0x9CBA0258 AS SmallDateTime), CAST(N'2020-02-29' AS Date), 1, CAST(12.5000 AS Decimal(18, 4)), 0xDEADBEEF, N'6f9619ff-8b86-d011-b42d-00c04fc964ff')
INSERT [dbo].[Patient] ([PatientID], [Last]]Name], [DOB], [Seen], [Day], [Active], [Balance], [Photo], [Guid]) VALUES (2, N'Żółć', CAST(0x0000901A00C5C100 AS DateTime), NULL, CAST(0x9E2E0B00 AS Date), 0, -.5, 0x, NULL)
GO
INSERT [dbo].[Patient] ([PatientID], [Last]]Name], [DOB], [Active]) VALUES (00917, N'a' + CHAR(13) + NCHAR(10) + N'b', CONVERT(datetime, '2019-03-07 10:00:00', 120), CONVERT([bit], 'true')) INSERT Patient ([PatientID], Active) VALUES (4, (1));
INSERT INTO [Clinic].[dbo].[Patient] ([PatientID], [DOB], [Guid]) VALUES (5, CAST(N'19.12.1957' AS DateTime), NEWID()), (6, GETDATE(), dbo.fn('x'))
SET IDENTITY_INSERT [dbo].[Patient] OFF
GO
Insert Into Clinic..Patient Values (N'No identity', '1957-12-19', NULL, NULL, 1, $5.00, NULL, NULL, NULL)
INSERT dbo.Patient VALUES ("Double", '1957-12-19', NULL, NULL, 1, 5., NULL, NULL, NULL)
GO
IF NOT EXISTS (SELECT 1 FROM hist.Patient WHERE what = 'go')
	INSERT INTO "hist"."Patient" VALUES (1, 'one')
INSERT hist.Patient (id, what)
SELECT 2, N'two' UNION ALL
SELECT 3, N'three' AS what
GO
GRANT INSERT ON hist.Patient TO public
MERGE INTO hist.Patient AS t USING s ON 1 = 0 WHEN NOT MATCHED THEN INSERT (id) VALUES (7);
INSERT INTO hist.Patient SELECT id, what FROM dbo.Other
DECLARE @t TABLE (id int)
INSERT INTO @t VALUES (1)
INSERT INTO #temp VALUES (1)
INSERT hist.Patient VALUES (4, 'many')
GO 100
PRINT 'done'
