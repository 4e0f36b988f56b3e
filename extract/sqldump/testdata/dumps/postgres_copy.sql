--
-- PostgreSQL database dump
--

\restrict abc

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: lab; Type: SCHEMA; Schema: -; Owner: clinic
--

CREATE SCHEMA lab;


ALTER SCHEMA lab OWNER TO clinic;

--
-- Name: mood; Type: TYPE; Schema: public; Owner: clinic
--

CREATE TYPE public.mood AS ENUM (
    'ok',
    'bad'
);


ALTER TYPE public.mood OWNER TO clinic;

--
-- Name: f(date, integer); Type: FUNCTION; Schema: public; Owner: clinic
--

CREATE FUNCTION public.f(begin date, x integer DEFAULT 3) RETURNS integer
    LANGUAGE plpgsql
    AS $_$ BEGIN INSERT INTO public.empty VALUES ($2); RETURN 1; END; $_$;


ALTER FUNCTION public.f(begin date, x integer) OWNER TO clinic;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: empty; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.empty (
    a integer
);


ALTER TABLE public.empty OWNER TO clinic;

--
-- Name: g(integer); Type: FUNCTION; Schema: public; Owner: clinic
--

CREATE FUNCTION public.g(x integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.empty (a)
   VALUES (g.x);
 SELECT
         CASE
             WHEN (x > 1) THEN 2
             ELSE 3
         END AS "case";
END;


ALTER FUNCTION public.g(x integer) OWNER TO clinic;

--
-- Name: p(text); Type: PROCEDURE; Schema: public; Owner: clinic
--

CREATE PROCEDURE public.p(IN y text)
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.empty (a)
   VALUES (1);
 INSERT INTO public.empty (a)
   VALUES (2);
END;


ALTER PROCEDURE public.p(IN y text) OWNER TO clinic;

--
-- Name: patient; Type: TABLE; Schema: lab; Owner: clinic
--

CREATE TABLE lab.patient (
    id integer,
    "order" text
);


ALTER TABLE lab.patient OWNER TO clinic;

--
-- Name: parent; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.parent (
    a integer,
    b text
);


ALTER TABLE public.parent OWNER TO clinic;

--
-- Name: child; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.child (
    c date
)
INHERITS (public.parent);


ALTER TABLE public.child OWNER TO clinic;

--
-- Name: measure; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.measure (
    d date,
    v integer
)
PARTITION BY RANGE (d);


ALTER TABLE public.measure OWNER TO clinic;

--
-- Name: measure_2020; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.measure_2020 (
    d date,
    v integer
);


ALTER TABLE public.measure_2020 OWNER TO clinic;

--
-- Name: mv; Type: MATERIALIZED VIEW; Schema: public; Owner: clinic
--

CREATE MATERIALIZED VIEW public.mv AS
 SELECT 1 AS one
  WITH NO DATA;


ALTER TABLE public.mv OWNER TO clinic;

--
-- Name: nocols; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.nocols (
);


ALTER TABLE public.nocols OWNER TO clinic;

--
-- Name: patient; Type: TABLE; Schema: public; Owner: clinic
--

CREATE TABLE public.patient (
    id integer NOT NULL,
    "Name" character varying(50) DEFAULT 'it''s; (x)'::character varying,
    "timestamp" timestamp without time zone,
    born date,
    seen timestamp(3) with time zone,
    alive boolean,
    weight numeric(6,2),
    height double precision,
    mrn character(5),
    photo bytea,
    tags text[],
    doc jsonb,
    m public.mood,
    bits bit(3),
    one bit(1),
    cost money,
    note text,
    full_name text GENERATED ALWAYS AS ((("Name")::text || '!'::text)) STORED
);


ALTER TABLE public.patient OWNER TO clinic;

--
-- Name: TABLE patient; Type: COMMENT; Schema: public; Owner: clinic
--

COMMENT ON TABLE public.patient IS 'don''t; INSERT INTO public.empty VALUES (1)';


--
-- Name: patient_id_seq; Type: SEQUENCE; Schema: public; Owner: clinic
--

ALTER TABLE public.patient ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.patient_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: s; Type: SEQUENCE; Schema: public; Owner: clinic
--

CREATE SEQUENCE public.s
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.s OWNER TO clinic;

--
-- Name: v; Type: VIEW; Schema: public; Owner: clinic
--

CREATE VIEW public.v AS
 SELECT patient.id,
    'INSERT INTO public.empty VALUES (1);'::text AS t
   FROM public.patient;


ALTER TABLE public.v OWNER TO clinic;

--
-- Name: measure_2020; Type: TABLE ATTACH; Schema: public; Owner: clinic
--

ALTER TABLE ONLY public.measure ATTACH PARTITION public.measure_2020 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');


--
-- Data for Name: patient; Type: TABLE DATA; Schema: lab; Owner: clinic
--

COPY lab.patient (id, "order") FROM stdin;
7	lab one
8	CREATE TABLE x (a int);\nINSERT INTO lab.patient VALUES (9,'no');
\.


--
-- Data for Name: child; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.child (a, b, c) FROM stdin;
1	x	2020-01-01
\.


--
-- Data for Name: empty; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.empty (a) FROM stdin;
\.


--
-- Data for Name: measure_2020; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.measure_2020 (d, v) FROM stdin;
2020-05-05	3
\.


--
-- Data for Name: nocols; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.nocols  FROM stdin;
\.


--
-- Data for Name: parent; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.parent (a, b) FROM stdin;
\.


--
-- Data for Name: patient; Type: TABLE DATA; Schema: public; Owner: clinic
--

COPY public.patient (id, "Name", "timestamp", born, seen, alive, weight, height, mrn, photo, tags, doc, m, bits, one, cost, note) FROM stdin;
1	tab\there; nl\nback\\slash 'q' "dq"	2019-03-07 10:00:00.5	1980-02-29	2019-03-07 08:00:00.123+00	t	12.50	1e+100	00917	\\xdeadbeef00	{a,"b,c",NULL}	{"a": "x\\ny\\\\z", "b": [1, null]}	ok	101	1	$1,234.50	\r\nv\f\b end
2		\N	infinity	\N	f	NaN	Infinity	     	\\x	{}	\N	bad	\N	\N	\N	\\N
3	$$ -- /* not a comment	0044-03-15 00:00:00 BC	0001-01-01	-infinity	\N	-0.01	-5	\N	\\x706c61696e2074657874	\N	null	\N	000	0	-$1.00	\\.
4	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
\.


--
-- Name: patient_id_seq; Type: SEQUENCE SET; Schema: public; Owner: clinic
--

SELECT pg_catalog.setval('public.patient_id_seq', 4, true);


--
-- Name: s; Type: SEQUENCE SET; Schema: public; Owner: clinic
--

SELECT pg_catalog.setval('public.s', 42, true);


--
-- Name: v r; Type: RULE; Schema: public; Owner: clinic
--

CREATE RULE r AS
    ON INSERT TO public.v DO INSTEAD  INSERT INTO public.empty (a)
  VALUES (5);


--
-- Name: empty trg; Type: TRIGGER; Schema: public; Owner: clinic
--

CREATE TRIGGER trg BEFORE INSERT ON public.empty FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();


--
-- Name: mv; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: clinic
--

REFRESH MATERIALIZED VIEW public.mv;


--
-- PostgreSQL database dump complete
--

\unrestrict abc

