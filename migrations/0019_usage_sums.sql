-- The rows of usage_days without the keys, so that the use of an organization with very many keys is read from few rows. Triggers keep
-- them equal, whichever version of the gateway writes. Rows of old days are deleted from each table by itself.
CREATE TABLE usage_sums (
  organization_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  collector INTEGER NOT NULL,
  environment TEXT NOT NULL,
  route TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL,
  answers_1xx INTEGER NOT NULL,
  answers_2xx INTEGER NOT NULL,
  answers_3xx INTEGER NOT NULL,
  answers_4xx INTEGER NOT NULL,
  answers_5xx INTEGER NOT NULL,
  answers_none INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  PRIMARY KEY (organization_id, day, collector, environment, route, outcome)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_sums
SELECT organization_id, day, collector, environment, route, outcome, sum(requests), sum(answers_1xx), sum(answers_2xx), sum(answers_3xx),
  sum(answers_4xx), sum(answers_5xx), sum(answers_none), sum(request_bytes), sum(response_bytes)
FROM usage_days GROUP BY organization_id, day, collector, environment, route, outcome;

CREATE TRIGGER usage_days_summed AFTER INSERT ON usage_days BEGIN
  INSERT INTO usage_sums VALUES (
    NEW.organization_id, NEW.day, NEW.collector, NEW.environment, NEW.route, NEW.outcome, NEW.requests, NEW.answers_1xx, NEW.answers_2xx,
    NEW.answers_3xx, NEW.answers_4xx, NEW.answers_5xx, NEW.answers_none, NEW.request_bytes, NEW.response_bytes
  )
  ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, answers_1xx = answers_1xx + excluded.answers_1xx,
    answers_2xx = answers_2xx + excluded.answers_2xx, answers_3xx = answers_3xx + excluded.answers_3xx,
    answers_4xx = answers_4xx + excluded.answers_4xx, answers_5xx = answers_5xx + excluded.answers_5xx,
    answers_none = answers_none + excluded.answers_none, request_bytes = request_bytes + excluded.request_bytes,
    response_bytes = response_bytes + excluded.response_bytes;
END;

CREATE TRIGGER usage_days_summed_again AFTER UPDATE OF
  requests, answers_1xx, answers_2xx, answers_3xx, answers_4xx, answers_5xx, answers_none, request_bytes, response_bytes ON usage_days
BEGIN
  UPDATE usage_sums SET requests = requests + NEW.requests - OLD.requests, answers_1xx = answers_1xx + NEW.answers_1xx - OLD.answers_1xx,
    answers_2xx = answers_2xx + NEW.answers_2xx - OLD.answers_2xx, answers_3xx = answers_3xx + NEW.answers_3xx - OLD.answers_3xx,
    answers_4xx = answers_4xx + NEW.answers_4xx - OLD.answers_4xx, answers_5xx = answers_5xx + NEW.answers_5xx - OLD.answers_5xx,
    answers_none = answers_none + NEW.answers_none - OLD.answers_none, request_bytes = request_bytes + NEW.request_bytes - OLD.request_bytes,
    response_bytes = response_bytes + NEW.response_bytes - OLD.response_bytes
  WHERE (organization_id, day, collector, environment, route, outcome)
    = (OLD.organization_id, OLD.day, OLD.collector, OLD.environment, OLD.route, OLD.outcome);
END;
