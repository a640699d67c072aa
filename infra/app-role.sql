-- What the app may do in the database: read and write rows. Its tables belong to the administrators, who run the migrations.
-- psql -v app=NAME_OF_THE_IDENTITY, as an Entra administrator, in the app's database after each migration. Safe to repeat.
\set ON_ERROR_STOP on
\connect postgres
select exists (select from pg_roles where rolname = :'app') as there \gset
\if :there
\else
  select * from pgaadauth_create_principal(:'app', false, false);
\endif
\connect orchestrator
grant connect on database orchestrator to :"app";
grant usage on schema public, durable to :"app";
grant select, insert, update, delete on all tables in schema public, durable to :"app";
grant usage, select on all sequences in schema public, durable to :"app";
grant execute on all functions in schema public, durable to :"app";
