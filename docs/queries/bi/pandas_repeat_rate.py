import os

import pandas as pd
import sqlalchemy

# postgresql+psycopg://anna@db.example/postgres
engine = sqlalchemy.create_engine(os.environ["MARTS_URL"])
clients = pd.read_sql(
    "select organization_id, first_order_day, total_orders from marts.dim_clients"
    " where total_orders > 0",
    engine,
    parse_dates=["first_order_day"],
)
clients["cohort"] = clients["first_order_day"].dt.to_period("M")
repeat_rate = (
    clients.assign(repeated=clients["total_orders"] > 1)
    .groupby(["organization_id", "cohort"])["repeated"]
    .agg(["mean", "size"])
)
print(repeat_rate)
