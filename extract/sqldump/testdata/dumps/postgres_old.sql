-- PostgreSQL database dump
SET client_encoding = 'UTF8';
SET standard_conforming_strings = off;
SET search_path = clinlims, pg_catalog;
CREATE TABLE person (
    id numeric(10,0) NOT NULL,
    name character varying(20),
    "timestamp" timestamp without time zone DEFAULT now(),
    active boolean,
    photo bytea
);
SET search_path = public, pg_catalog;
CREATE TABLE person (id integer);
SET search_path = clinlims, pg_catalog;
COPY person (id, name, "timestamp", active, photo) FROM stdin;
1	O\\Neil \x41\101\q	2010-01-02 03:04:05	t	a\\000\\\\b
2	too few
\N	\N	\N	\N	\N
\.
COPY nothing_known FROM stdin;
a	b	1

x
\.
COPY person (id) FROM stdin WITH CSV;
9
\.
INSERT INTO person VALUES (3, 'back\'slash\\ \n', 'now', 'f', NULL);
SET standard_conforming_strings = on;
INSERT INTO public.person VALUES (70 /* a /* nested */ comment */), (71::int), ('72'::character varying(5)::integer);
INSERT INTO clinlims.person (id, name, "timestamp", photo)
VALUES (4, E'a\'b\\c\td\u00e9\x41\101', '2010-01-02 03:04:05'::timestamp without time zone, 'x'),
  (5, U&'d\0061t\+0000E9', TIMESTAMP '2010-02-30 00:00:00', NULL),
  (6, 'plain\n' || E'\n' || 'joined', DATE '2010-02-28', '\x00ff'),
  (7, lower('X'), CAST('2010-02-28' AS date), NULL)
ON CONFLICT DO NOTHING;
INSERT INTO person SELECT * FROM other;
--
-- PostgreSQL database dump complete
--
