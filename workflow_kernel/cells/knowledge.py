"""What is known of builtins, methods and libraries: whether they change what they are given, and what they give back.

Used by ``walk``. What is not listed here may change its arguments, and its result may share parts with them.
"""

from __future__ import annotations

import builtins


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "display", "get_ipython", "__builtins__"}

FRESH_BUILTINS = words(
    "abs all any ascii bin bool bytes callable chr complex delattr dir divmod float format hash hasattr help hex id "
    "input int isinstance issubclass len memoryview oct ord pow print range repr round setattr slice str sum display "
    "open breakpoint compile bytearray frozenset object type property staticmethod classmethod super "
    "Exception ValueError TypeError KeyError IndexError RuntimeError StopIteration AttributeError ZeroDivisionError "
    "NotImplementedError OSError FileNotFoundError ArithmeticError LookupError AssertionError KeyboardInterrupt"
)
"""Their result shares nothing with their arguments, and they change none."""

SHARING_BUILTINS = words(
    "list tuple dict set sorted reversed enumerate zip map filter iter min max getattr vars next aiter anext"
)

DYNAMIC = frozenset(["exec", "eval", "globals", "locals", "vars", "__import__", "compile"])

HISTORY = frozenset(["_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "In", "Out"])

FRESH_METHODS = words(
    # text
    "capitalize casefold center count decode encode endswith expandtabs find format format_map index isalnum isalpha "
    "isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower "
    "lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split "
    "splitlines startswith strip swapcase title translate upper zfill hex isoformat strftime strptime timestamp "
    "total_seconds date time weekday bit_length conjugate as_integer_ratio "
    # sets and numbers
    "isdisjoint issubset issuperset "
    # arrays and tables: aggregates and copies
    "sum mean std var min max median mode quantile prod cumsum cumprod cummax cummin argmin argmax argsort nunique "
    "value_counts describe corr cov nlargest nsmallest idxmin idxmax round abs dot clip tolist to_list to_dict "
    "to_numpy to_string to_markdown to_html to_json to_csv to_parquet to_pickle to_excel to_sql to_records to_latex "
    "isna isnull notna notnull duplicated isin between astype item nonzero searchsorted any all "
    "groupby resample rolling expanding ewm agg aggregate pivot pivot_table crosstab melt stack unstack merge "
    "sort_values sort_index drop_duplicates dropna fillna interpolate reset_index set_index rename rename_axis "
    "reindex assign query eval sample drop nunique info memory_usage plot hist boxplot diff pct_change shift rank "
    "predict predict_proba score decision_function get_params group_by filter select with_columns collect sort_by "
    "unique cast alias over explode to_pandas to_arrow is_null fill_null drop_nulls to_period to_timestamp "
    "tz_localize tz_convert deepcopy write_csv write_parquet glimpse num_rows startswith json text raise_for_status "
    "fetchall fetchone fetchmany fetchdf fetchnumpy df pl arrow "
    # paths
    "exists is_file is_dir read_text read_bytes resolve absolute with_suffix with_name relative_to stat as_posix "
    "write_text write_bytes mkdir touch unlink rmdir iterdir glob rglob joinpath rename "
    # figures
    "savefig"
)
"""Methods that change nothing and whose result shares nothing with what they are called on."""

SHARING_METHODS = words(
    "get items keys values copy union intersection difference symmetric_difference most_common elements "
    "reshape ravel flatten transpose swapaxes squeeze view diagonal head tail take slice iterrows itertuples "
    "iteritems xs get_group join where mask apply map applymap transform pipe groups nth first last "
    "to_frame rows iter_rows row get_column column schema group groupdict groups fields __getitem__ __iter__ "
    "with_traceback span children"
)
"""Methods that change nothing, but whose result may hold parts of what they are called on."""

CHANGING_METHODS = words(
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard appendleft extendleft "
    "popleft rotate intersection_update difference_update symmetric_difference_update fit fit_transform partial_fit "
    "fill resize put itemset setflags write writelines read readline readlines seek close flush send throw "
    "subtract move_to_end __setitem__ __delitem__ __setattr__ execute executemany commit rollback seed shuffle "
    "put_nowait get_nowait register set_title set_xlabel set_ylabel legend scatter bar step train eval zero_grad "
    "backward set_params setattr load_state_dict push"
)

STORING_METHODS = words(
    "append extend insert update setdefault add appendleft extendleft put put_nowait fit fit_transform partial_fit "
    "register __setitem__ send push"
)
"""Of those that change: what they are given may stay in what they are called on."""

LIBRARIES = words(
    "math cmath statistics json re itertools functools collections datetime calendar numpy pandas polars scipy "
    "matplotlib seaborn plotly sklearn pathlib string textwrap hashlib base64 csv decimal fractions operator copy time "
    "pprint typing dataclasses enum abc io os sys glob shutil tempfile uuid random heapq bisect array struct zlib gzip "
    "pickle contextlib types numbers warnings logging inspect timeit platform subprocess urllib requests httpx pyarrow "
    "duckdb sqlite3 networkx PIL IPython ipywidgets tqdm yaml toml tomllib html xml difflib unicodedata secrets "
    "altair bokeh statsmodels xgboost lightgbm concurrent multiprocessing threading asyncio queue ast keyword "
    "locale getpass socket traceback gc weakref reprlib fnmatch stat zoneinfo graphlib msgspec pydantic lxml bs4 "
    "selectolax openpyxl jmespath regex cloudpickle psutil rich workflow_kernel colorsys cProfile"
)
"""Libraries whose functions change none of their arguments but where CHANGES says so."""

CHANGES = words(
    "random.shuffle numpy.random.shuffle heapq.heappush heapq.heappop heapq.heapify heapq.heapreplace "
    "heapq.heappushpop bisect.insort bisect.insort_left bisect.insort_right numpy.put numpy.copyto numpy.place "
    "numpy.fill_diagonal numpy.putmask numpy.put_along_axis numpy.add.at numpy.subtract.at operator.setitem "
    "operator.delitem operator.iadd operator.iconcat struct.pack_into functools.update_wrapper json.dump pickle.dump "
    "pickle.load itertools.tee"
)
"""Functions that change an argument in place: the first, or for those that write to a file any of them."""

FRESH_LIBRARIES = words(
    "math cmath statistics json re datetime calendar string textwrap hashlib base64 decimal fractions time pprint "
    "struct zlib gzip pickle uuid glob shutil tempfile platform timeit"
)
"""Libraries whose results share nothing with the arguments."""

SHARING_FUNCTIONS = words(
    "numpy.asarray numpy.asanyarray numpy.ravel numpy.reshape numpy.transpose numpy.squeeze numpy.atleast_1d "
    "numpy.atleast_2d numpy.broadcast_to numpy.expand_dims numpy.swapaxes numpy.diagonal numpy.split numpy.moveaxis "
    "numpy.ascontiguousarray numpy.require"
)

STATE = (
    "matplotlib.pyplot.style.use", "matplotlib.pyplot.rc", "matplotlib.pyplot.rcParams", "matplotlib.use",
    "matplotlib.rc", "matplotlib.rcParams", "pandas.set_option", "pandas.reset_option", "pandas.options",
    "numpy.set_printoptions", "numpy.seterr", "warnings.filterwarnings", "warnings.simplefilter",
    "logging.basicConfig", "logging.disable", "os.chdir", "os.putenv", "os.environ", "sys.path",
    "sys.setrecursionlimit",
    "locale.setlocale", "seaborn.set", "seaborn.set_theme", "seaborn.set_style", "seaborn.set_context",
    "seaborn.set_palette", "polars.Config", "decimal.getcontext", "os.umask", "sys.modules", "pandas.plotting",
)  # fmt: skip
"""What changes the process for all code: calls of these, or of a method of these."""

READS_STATE = words(
    "os.environ.get os.environ.items os.environ.keys os.environ.copy sys.path.copy os.environ.values "
    "pandas.options.display"
)

SEEDS = {"random.seed": "random", "numpy.random.seed": "numpy.random", "random.setstate": "random"}
DRAWS = {"random": "random", "numpy.random": "numpy.random"}
NO_DRAWS = words("default_rng Generator RandomState SystemRandom Random SeedSequence PCG64 MT19937")

FILE_WRITERS = words(
    "to_csv to_parquet to_excel to_pickle to_feather to_hdf to_sql savefig write_text write_bytes mkdir unlink touch "
    "rmdir write_csv write_parquet dump makedirs remove removedirs copyfile copytree move rmtree savetxt savez save "
    "imwrite to_file rename replace_file write_html write_image system Popen run check_call check_output call "
    "write_json execute executemany executescript commit sink_csv sink_parquet symlink_to"
)
FILE_READERS = words(
    "read_csv read_parquet read_excel read_json read_pickle read_feather read_hdf read_sql read_table read_html "
    "read_text read_bytes exists is_file is_dir iterdir glob rglob listdir walk loadtxt genfromtxt load fromfile "
    "imread scan_csv scan_parquet read_ndjson read_file getsize stat isfile isdir scandir safe_load connect"
)
DATABASES = frozenset(["execute", "executemany", "commit", "connect", "executescript"])
