-- For the object that puts back after a restore what had been suspended before it.
CREATE INDEX organizations_suspended ON organizations (id) WHERE status = 'suspended';
