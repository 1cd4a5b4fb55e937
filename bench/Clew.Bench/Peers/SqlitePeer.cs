using Clew.Bench.Measuring;
using Microsoft.Data.Sqlite;

namespace Clew.Bench.Peers;

/// <summary>
/// An event table in SQLite: WAL, every commit flushed, group commit, prepared statements. The unique index is the expected version.
/// It keeps no index of tags, types or ids, and no checksums, and a conflict would undo its whole group: all of that is in its favour.
/// </summary>
internal sealed class SqlitePeer : IPeer
{
    private readonly string file;
    private readonly SqliteConnection writing;
    private readonly SqliteConnection reading;
    private readonly SqliteCommand begin;
    private readonly SqliteCommand commit;
    private readonly SqliteCommand insert;
    private readonly GroupWriter writer;
    private long last;

    public SqlitePeer(string folder)
    {
        file = Path.Combine(folder, "events.db");
        writing = Open();
        Run("""
            CREATE TABLE IF NOT EXISTS events(
              position INTEGER PRIMARY KEY, stream TEXT, version INTEGER, type TEXT, id BLOB, recorded_at INTEGER, tags TEXT, data BLOB,
              UNIQUE(stream, version))
            """);
        begin = Prepared(writing, "BEGIN IMMEDIATE");
        commit = Prepared(writing, "COMMIT");
        insert = Prepared(
            writing, "INSERT INTO events VALUES(@0, @1, @2, @3, @4, @5, @6, @7)",
            SqliteType.Integer, SqliteType.Text, SqliteType.Integer, SqliteType.Text, SqliteType.Blob, SqliteType.Integer, SqliteType.Text, SqliteType.Blob);
        using var head = Prepared(writing, "SELECT coalesce(max(position), 0) FROM events");
        last = (long)head.ExecuteScalar()!;
        reading = Open();
        writer = new("sqlite writer", Commit);
    }

    public ValueTask AppendAsync(Draft[] batch) => writer.AppendAsync(batch);

    public ValueTask<Tally> ReadAllAsync()
    {
        using var select = Prepared(reading, "SELECT position, data FROM events ORDER BY position");
        return ValueTask.FromResult(Read(select));
    }

    public ValueTask<Tally> ReadStreamAsync(string stream) => ValueTask.FromResult(ReadStream(reading, stream));

    /// <summary>Opens a database that exists and reads one stream from it: no more than that.</summary>
    public static Tally OpenAndRead(string folder, string stream)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "events.db")};Pooling=False");
        connection.Open();
        return ReadStream(connection, stream);
    }

    public ValueTask DisposeAsync()
    {
        writer.Dispose();
        foreach (var command in (SqliteCommand[])[begin, commit, insert])
            command.Dispose();
        reading.Dispose();
        writing.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Tally ReadStream(SqliteConnection connection, string stream)
    {
        using var select = Prepared(connection, "SELECT position, data FROM events WHERE stream = @0 ORDER BY version", SqliteType.Text);
        select.Parameters[0].Value = stream;
        return Read(select);
    }

    private static Tally Read(SqliteCommand select)
    {
        var tally = new Tally();
        using var reader = select.ExecuteReader();
        while (reader.Read())
            tally.Add(reader.GetFieldValue<byte[]>(1));

        return tally;
    }

    private void Commit(IReadOnlyList<Draft[]> group)
    {
        begin.ExecuteNonQuery();
        var recordedAt = DateTime.UtcNow.Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (var batch in group)
        {
            foreach (var draft in batch)
                Insert(draft, recordedAt);
        }

        commit.ExecuteNonQuery();
    }

    private void Insert(in Draft draft, long recordedAt)
    {
        var values = insert.Parameters;
        values[0].Value = ++last;
        values[1].Value = draft.Stream;
        values[2].Value = draft.Version + 1;
        values[3].Value = draft.Type;
        values[4].Value = Guid.CreateVersion7().ToByteArray(bigEndian: true);
        values[5].Value = recordedAt;
        values[6].Value = draft.Tag;
        values[7].Value = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(draft.Data, out var data) ? data.Array : null;
        insert.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;";
        pragma.ExecuteNonQuery();
        return connection;
    }

    private void Run(string sql)
    {
        using var command = writing.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Prepared(SqliteConnection connection, string sql, params SqliteType[] types)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var index = 0; index < types.Length; index++)
            command.Parameters.Add($"@{index}", types[index]);
        command.Prepare();
        return command;
    }
}
